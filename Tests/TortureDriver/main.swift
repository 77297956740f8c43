import Foundation
import Vault

// Says for one copy of a vault after the other what is in it: one request a line on standard input
// (`JudgeRequest`), one answer a line on standard output (`Judgement`). tools/torture makes the
// copies.
let encoder = JSONEncoder()
encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
while let line = readLine() {
    do {
        let request = try JSONDecoder().decode(JudgeRequest.self, from: Data(line.utf8))
        let answer = try encoder.encode(Judge(request).judgement())
        try FileHandle.standardOutput.write(contentsOf: answer + [UInt8(ascii: "\n")])
    } catch {
        FileHandle.standardError.write(Data("TortureDriver: \(error)\n".utf8))
        exit(1)
    }
}
