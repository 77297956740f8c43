import Foundation
import VaultCrypto

// Holds conversations with a scripted source of this program, for the proofs that what was shown is
// in the vault, and for figures. DriverOptions.swift has its arguments.
guard let options = DriverOptions(Array(CommandLine.arguments.dropFirst())) else {
    FileHandle.standardError.write(
        Data("ChatDriver: see Tests/ChatDriver/DriverOptions.swift for its arguments\n".utf8))
    exit(64)
}
do {
    switch options.work {
    case .stream, .resume: try await StreamRun.start(options)
    case .measure: try await MeasureRun.start(options)
    }
} catch {
    let message = (error as? VaultError)?.message ?? "\(error)"
    FileHandle.standardError.write(Data("ChatDriver: \(message)\n".utf8))
    exit(1)
}
