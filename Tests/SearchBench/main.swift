import Foundation
import VaultCrypto

// Drives Coffer's search for tools/bench, which runs the other engines beside it.
guard let options = BenchOptions(Array(CommandLine.arguments.dropFirst())) else {
    FileHandle.standardError.write(
        Data("SearchBench: see Tests/SearchBench/BenchOptions.swift for its arguments\n".utf8))
    exit(64)
}
do {
    try SearchRun.start(options)
} catch {
    let message = (error as? VaultError)?.message ?? "\(error)"
    FileHandle.standardError.write(Data("SearchBench: \(message)\n".utf8))
    exit(1)
}
