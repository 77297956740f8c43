import Testing
import Vault
import VaultCrypto

@testable import VaultArchive

@Suite struct TimeStampTests {
    private let digest = SHA256Digest.hash(Array("content".utf8))

    @Test func `A query is the DER that RFC 3161 describes`() {
        let query = TimeStampQuery.file(digest: digest, nonce: [0xFF, 2, 3, 4, 5, 6, 7, 8])
        let head = "3043020101" + "3031300d060960864801650304020105000420"
        #expect(query.hex == head + digest.hex + "0208" + "7f02030405060708" + "0101ff")
        #expect(TimeStampQuery.file(digest: digest) != TimeStampQuery.file(digest: digest))
    }

    @Test func `A length is read in its shortest form only`() {
        for size in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = [UInt8](repeating: 7, count: size)
            var reader = DERReader(DER.value(DER.octets, content)[...])
            #expect(reader.take(DER.octets).map(Array.init) == content)
            #expect(reader.isAtEnd)
        }
        let malformed: [[UInt8]] = [
            [], [4], [4, 1], [4, 0x80, 0, 0], [4, 0x81, 1, 9], [4, 0x82, 0, 0x80],
            [4, 0x81], [4, 0x84, 0, 0, 0, 1], [4, 0xFF, 1], [0x1F, 1, 9], [0xBF, 1, 9],
        ]
        for bytes in malformed {
            let long = bytes + [UInt8](repeating: 9, count: bytes.count > 3 ? 64 : 0)
            var reader = DERReader(long[...])
            #expect(reader.takeAny() == nil, "\(bytes)")
        }
    }

    @Test func `A reply and the token out of it say what was stamped and when`() throws {
        var made = MadeReply(digest: digest)
        for (status, isBareToken) in [(0, false), (1, false), (0, true)] as [(UInt8, Bool)] {
            made.status = [status]
            made.isBareToken = isBareToken
            let reply = try TimeStampReply(parsing: made.file)
            #expect(reply.digest == digest)
            #expect(reply.time == "2026-03-01T09:00:00Z")
            #expect(reply.isBareToken == isBareToken)
        }
        made.time = "20260301090000.125Z"
        #expect(try TimeStampReply(parsing: made.file).time == "2026-03-01T09:00:00.125Z")
        #expect(try TimeStampReply(parsing: made.file).secondsSince1970 == 1_772_355_600)
        for (time, seconds) in [
            ("20260301090059Z", 1_772_355_659), ("20161231235960Z", 1_483_228_799),
        ] as [(String, Int64)] {
            made.time = time
            #expect(try TimeStampReply(parsing: made.file).secondsSince1970 == seconds)
        }
    }

    @Test(arguments: [
        "202603010900Z", "20260301090000", "20260301090000+0100", "20260301090000.Z",
        "20260301090000.10Z", "20261301090000Z", "20260300090000Z", "20260301240000Z",
        "20260301096000Z", "20260301090061Z", "2026030109000aZ", "20260301090000,5Z", "",
    ])
    func `A time that is not UTC in full is none`(_ time: String) {
        var made = MadeReply(digest: digest)
        made.time = time
        #expect(throws: VaultError.self) { try TimeStampReply(parsing: made.file) }
    }

    @Test func `What is no stamp over a SHA-256 is refused, each with its sentence`() {
        func expect(_ sentence: String, _ change: (inout MadeReply) -> Void) {
            var made = MadeReply(digest: digest)
            change(&made)
            let error = #expect(throws: VaultError.self) { try TimeStampReply(parsing: made.file) }
            #expect(error?.code == .badInput)
            #expect(error?.message.contains(sentence) == true, "\(error?.message ?? "")")
        }
        expect("The authority refused") { $0.status = [2] }
        expect("The authority refused") {
            $0.status = [2]
            $0.hasToken = false
        }
        expect("no time stamp") { $0.hasToken = false }
        expect("no time stamp") { $0.contentType[8] = 1 }
        expect("another hash") { $0.algorithm[8] = 3 }
        expect("another hash") { $0.digest.removeLast() }
    }

    @Test func `A reply that is cut, longer or nested otherwise is none`() throws {
        let file = MadeReply(digest: digest).file
        for count in file.indices {
            #expect(throws: VaultError.self) { try TimeStampReply(parsing: Array(file[..<count])) }
        }
        #expect(throws: VaultError.self) { try TimeStampReply(parsing: file + [0]) }
        #expect(throws: VaultError.self) {
            try TimeStampReply(parsing: file + [UInt8](repeating: 0, count: 65_536))
        }
        // Every other byte at every place: whatever is still read names a digest of 32 bytes.
        for place in file.indices {
            for value in 0...255 where UInt8(value) != file[place] {
                var changed = file
                changed[place] = UInt8(value)
                if let reply = try? TimeStampReply(parsing: changed) {
                    #expect(reply.digest.count == 32)
                }
            }
        }
    }
}
