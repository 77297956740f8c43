import Foundation
import Vault
import VaultCrypto

/// A database, and what opens it.
struct PageRequest: Decodable {
    var database: String
    /// The age file of the vault key.
    var keyFile: String
    /// An age identity that opens that.
    var identity: String
}

/// What is in the pages of databases in the clear, one request a line, one answer a line: an SQLite
/// database without encryption, in base64.
///
/// Pages that were written anew, and leftovers of rows that are gone, make other bytes of the same
/// content; so what an older page changes is told by the rows.
func answerPageRequests() throws {
    while let line = readLine() {
        let request = try JSONDecoder().decode(PageRequest.self, from: Data(line.utf8))
        let answer = try contents(request).base64EncodedData()
        try FileHandle.standardOutput.write(contentsOf: answer + [UInt8(ascii: "\n")])
    }
}

private func contents(_ request: PageRequest) throws -> Data {
    let text = try bytes(at: request.identity)
    let identity = unsafe SecretBytes(count: text.count) { unsafe $0.copyBytes(from: text) }
    let vaultKey = try Age.decrypt(
        bytes(at: request.keyFile), with: AgeIdentity.parse(file: identity))
    try PageEncryption.register()
    let found = Pages()
    _ = try PageEncryption.readAll(
        databaseAt: request.database, key: vaultKey.subkey(context: "coffer database")
    ) { isFrame, _, plain in
        guard !isFrame else { return }
        unsafe found.content.append(contentsOf: plain)
        found.content.append(Data(count: PageEncryption.pageSizeBytes - plain.count))
    }
    return found.content
}

private func bytes(at path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path)))
}

/// Pages in the order of the file.
private final class Pages {
    var content = Data()
}
