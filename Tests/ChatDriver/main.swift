import Foundation
import VaultCrypto

// Holds conversations with a scripted source of this program or with a scripted server, for the
// proofs that what was shown is in the vault and where turns go, and for figures.
// DriverOptions.swift has its arguments.
let arguments = Array(CommandLine.arguments.dropFirst())
let options = DriverOptions(arguments)
let plan = arguments.count == 2 && arguments[0] == "--send" ? arguments[1] : nil
guard options != nil || plan != nil else {
    FileHandle.standardError.write(
        Data("ChatDriver: see Tests/ChatDriver/DriverOptions.swift for its arguments\n".utf8))
    exit(64)
}
do {
    if let plan { try await TurnsRun.start(plan) }
    if let options {
        switch options.work {
        case .stream, .resume: try await StreamRun.start(options)
        case .measure: try await MeasureRun.start(options)
        case .wire(let wire): try await WireRun.start(options, wire)
        }
    }
} catch {
    let message = (error as? VaultError)?.message ?? "\(error)"
    FileHandle.standardError.write(Data("ChatDriver: \(message)\n".utf8))
    exit(1)
}
