import Dispatch
import Foundation
import VaultArchive
import VaultCrypto

/// A time stamping authority that the user trusts, and stock `openssl`, which checks its stamps.
///
/// The child gets the stamp through a pipe and the digest as an argument: nothing is written to the
/// disk, and `openssl ts` opens no connection.
///
/// Certificates are checked as of the time that the stamp says, not as of today: a stamp is worth
/// most long after its certificate has expired. Whoever comes by an expired key could make stamps
/// of the past; without lists of revoked certificates a check as of today does not notice a stolen
/// key either.
struct TimeStampAuthority {
    private static let patience = DispatchTimeInterval.seconds(30)
    private static let file = "tagmanifest-sha256.txt.tsr"

    private let certificates: String
    private let openssl: String

    /// - Parameter certificates: A PEM file with the authority's root, and what stands between it
    ///   and the certificate in the stamp, as it was typed.
    /// - Throws: `badInput` for a file that cannot be read, `unsupported` without `openssl`.
    init(_ certificates: String) throws(VaultError) {
        self.certificates = Place.absolute(certificates)
        guard
            String(decoding: try NewFile.read(self.certificates), as: UTF8.self)
                .contains("-----BEGIN ")
        else {
            throw VaultError(
                .badInput, "\(certificates) holds no certificate in PEM; give the authority's.")
        }
        let folders = (Place.variable("PATH") ?? "/usr/bin:/bin").split(separator: ":")
        let programs = folders.map { String($0) + "/openssl" }
        let found = programs.first {
            $0.hasPrefix("/") && access($0, X_OK) == 0
        }
        guard let found else {
            throw VaultError(
                .unsupported,
                "--tsa-ca needs the program openssl, which is not there; install it, or check the "
                    + "archive without --tsa-ca.")
        }
        openssl = found
    }

    /// Checks the time stamp of an archive and says in the result what was found.
    ///
    /// - Parameter result: Of an archive whose list of files is as it was signed; otherwise the
    ///   stamp stays not checked.
    /// - Throws: `inputOutput` when `openssl` cannot be run.
    func check(_ result: inout ArchiveVerifier.Result) throws(VaultError) {
        guard let digest = result.tagManifest else { return }
        result.notChecked.removeAll { $0 == Self.file }
        guard let stamp = result.timeStampFile else {
            return Self.add("the file is missing, and --tsa-ca asks for a time stamp", &result)
        }
        // Otherwise the verifier said what is wrong with it.
        guard let reply = try? TimeStampReply(parsing: stamp), reply.digest == digest else {
            return
        }
        if let reason = try refusal(of: stamp, reply, digest) {
            return Self.add(
                "it does not verify with the given certificates (openssl: \(reason))", &result)
        }
        result.timeStamp = reply.time
    }

    private static func add(_ fault: String, _ result: inout ArchiveVerifier.Result) {
        let place = result.faults.firstIndex { $0.path > file } ?? result.faults.endIndex
        result.faults.insert(ArchiveFault(path: file, fault: fault), at: place)
    }

    /// Why `openssl` does not accept a stamp; `nil` when it does.
    private func refusal(
        of stamp: [UInt8], _ reply: TimeStampReply, _ digest: [UInt8]
    ) throws(VaultError) -> String? {
        let process = Process()
        process.executableURL = URL(filePath: openssl)
        process.arguments =
            ["ts", "-verify", "-digest", Hex.text(digest), "-in", "/dev/stdin"]
            + (reply.isBareToken ? ["-token_in"] : []) + ["-CAfile", certificates]
            + ["-attime", String(reply.secondsSince1970)]
        // Nothing of the user's configuration takes part.
        process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C"]
        let (input, errors) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        guard (try? process.run()) != nil else {
            throw VaultError(
                .inputOutput, "\(openssl) cannot be run; check it, or leave out --tsa-ca.")
        }
        let pipe = input.fileHandleForWriting
        // Beside the wait, which would not begin where a child reads nothing.
        DispatchQueue.global().async {
            try? pipe.write(contentsOf: Data(stamp))
            try? pipe.close()
        }
        guard ended.wait(timeout: .now() + Self.patience) == .success else {
            kill(process.processIdentifier, SIGKILL)
            throw VaultError(
                .inputOutput, "\(openssl) did not come to an end, and was stopped; try again.")
        }
        let isAccepted = process.terminationReason == .exit && process.terminationStatus == 0
        guard !isAccepted else { return nil }
        let said = (try? errors.fileHandleForReading.readToEnd()) ?? Data()
        return Self.reason(in: String(decoding: said.prefix(65_536), as: UTF8.self))
    }

    /// The words of the first error that `openssl` names: `certificate has expired`.
    private static func reason(in text: String) -> String {
        let line = text.split(separator: "\n").first { $0.contains("rror:") }
        let words = line?.split(separator: ":").last { $0.contains(where: \.isLetter) }
        return words.map { String($0.prefix(100)) } ?? "it gave no reason"
    }
}
