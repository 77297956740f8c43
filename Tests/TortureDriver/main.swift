import Foundation
import Vault

// What tools/torture needs of the engine itself. Without a word it says for one copy of a vault
// after the other what is in it: one request a line on standard input (`JudgeRequest`), one answer
// a line on standard output (`Judgement`). With the word `pages` it says what is in the pages of
// databases (`PageRequest`). Other words do what the type that they name says.
let words = CommandLine.arguments.dropFirst()
do {
    switch words.first {
    case nil: try answerJudgeRequests()
    case "pages": try answerPageRequests()
    case "memory": try MemoryRun(Array(words.dropFirst())).run()
    case "randoms": try RandomsRun(Array(words.dropFirst())).run()
    case "guess": try GuessRun(Array(words.dropFirst())).run()
    case "soak": try Soak(Array(words.dropFirst())).run()
    case "threads": try runThreads(Array(words.dropFirst()))
    case let word?:
        FileHandle.standardError.write(Data("TortureDriver: there is no \(word)\n".utf8))
        exit(64)
    }
} catch {
    FileHandle.standardError.write(Data("TortureDriver: \(error)\n".utf8))
    exit(1)
}

func answerJudgeRequests() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    while let line = readLine() {
        let request = try JSONDecoder().decode(JudgeRequest.self, from: Data(line.utf8))
        let answer = try encoder.encode(Judge(request).judgement())
        try FileHandle.standardOutput.write(contentsOf: answer + [UInt8(ascii: "\n")])
    }
}

func runThreads(_ words: [String]) throws {
    if words == ["--planted"] { return print(PlantedRace.run()) }
    guard let threads = Threads(words) else {
        let usage = "usage: TortureDriver threads FOLDER SEED SECONDS [unsaid]\n"
        FileHandle.standardError.write(Data(usage.utf8))
        exit(64)
    }
    try threads.run()
}
