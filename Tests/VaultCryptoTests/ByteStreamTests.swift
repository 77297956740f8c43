import Foundation
import Testing
import VaultCrypto

@Suite("byte streams")
struct ByteStreamTests {
    /// Takes so many bytes, then fails for good.
    private final class FailingSink: ByteSink {
        private var room: Int
        private(set) var refusals = 0

        init(room: Int) { self.room = room }

        func write(_ bytes: UnsafeRawBufferPointer) throws(VaultError) {
            room -= bytes.count
            if room < 0 {
                refusals += 1
                throw VaultError(.noSpace, "The test's disk is full.")
            }
        }
    }

    @Test("Files keep what is written to them, and give it back")
    func files() throws {
        let folder = try TemporaryFolder()
        let content = Pattern.bytes(300_000)
        let file = open(folder.path("file"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(file) }
        let written = try FileDescriptorSink(file).write(from: BytesSource(content))
        #expect(written == content.count)
        #expect(lseek(file, 0, SEEK_SET) == 0)
        #expect(try Pattern.drain(FileDescriptorSource(file)) == content)
    }

    @Test("A full disk and a closed descriptor are told apart")
    func errors() throws {
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        if full >= 0 {
            let error = #expect(throws: VaultError.self) {
                try FileDescriptorSink(full).write([1, 2, 3])
            }
            #expect(error?.code == .noSpace)
        }
        let closed = #expect(throws: VaultError.self) {
            try Pattern.drain(FileDescriptorSource(-1))
        }
        #expect(closed?.code == .inputOutput)
    }

    @Test("An encryptor whose output failed keeps failing and writes no more")
    func stickyEncryptor() throws {
        let sink = FailingSink(room: 100_000)
        let encryptor = try AgeEncryptor(
            recipients: [AgeIdentity.generate().recipient], output: sink)
        for _ in 0..<3 {
            #expect(throws: VaultError.self) { try encryptor.write(Pattern.bytes(200_000)) }
        }
        #expect(throws: VaultError.self) { try encryptor.finish() }
        #expect(sink.refusals == 1)
    }

    @Test("An encryptor without recipients, or with an unusable passphrase, does not begin")
    func refusedEncryptor() {
        let cases: [() throws -> Void] = [
            { _ = try Age.encrypt([1], to: []) },
            { _ = try Age.encrypt(Pattern.secret("x"), passphrase: Pattern.secret("")) },
            {
                _ = try Age.encrypt(
                    Pattern.secret("x"), passphrase: Pattern.secret("y"), log2N: 23)
            },
            {
                _ = try Age.encrypt(Pattern.secret("x"), passphrase: Pattern.secret("y"), log2N: 0)
            },
        ]
        for body in cases {
            let error = #expect(throws: VaultError.self) { try body() }
            #expect(error?.code == .badInput)
        }
    }

    @Test("Encryptors and decryptors stand one in the other")
    func nested() throws {
        let (inner, outer) = (AgeIdentity.generate(), AgeIdentity.generate())
        let sink = BytesSink()
        let outside = try AgeEncryptor(recipients: [outer.recipient], armored: true, output: sink)
        let inside = try AgeEncryptor(recipients: [inner.recipient], output: outside)
        try inside.write(Pattern.bytes(150_000))
        try inside.finish()
        try outside.finish()
        let peeled = try AgeDecryptor(input: BytesSource(sink.bytes), identities: [outer])
        let content = try AgeDecryptor(input: peeled, identities: [inner])
        #expect(try Pattern.drain(content, readSize: 7_001) == Pattern.bytes(150_000))
    }
}

@Suite("secret bytes")
struct SecretBytesTests {
    @Test("Secrets compare by content and length, and copies are equal")
    func comparison() {
        let secret = Pattern.secret("secret")
        #expect(secret.clone().matches(secret) == true)
        let results = [
            secret.matches(Pattern.secret("secret")), secret.matches(Pattern.secret("secreT")),
            secret.matches(Pattern.secret("secrets")), secret.matches(Pattern.secret("")),
        ]
        #expect(results == [true, false, false, false])
        #expect(Pattern.reveal(Pattern.secret("")) == [])
    }

    @Test("Random secrets differ")
    func random() {
        #expect(
            Pattern.reveal(SecretBytes.random(count: 32))
                != Pattern.reveal(SecretBytes.random(count: 32)))
    }

    @Test("What a failing fill wrote is given up with its error")
    func failingFill() {
        #expect(throws: VaultError.self) {
            _ = try SecretBytes(count: 4) { (_) throws(VaultError) in
                throw VaultError(.badInput, "The test fails here.")
            }
        }
    }
}
