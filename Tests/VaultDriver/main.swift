import Foundation
import VaultCrypto

// Does with a vault what the command line does not show: for tools/bench, which runs other engines
// beside it, and for the proofs.
guard let options = DriverOptions(Array(CommandLine.arguments.dropFirst())) else {
    FileHandle.standardError.write(
        Data("VaultDriver: see Tests/VaultDriver/DriverOptions.swift for its arguments\n".utf8))
    exit(64)
}
do {
    switch options.work {
    case .dispose, .disposeOnly, .erase, .state, .holdOpen: try GovernanceRun.start(options)
    case .pages, .probe, .rows, .empty, .plainCopy, .plainDelete:
        try RawDatabase(options).run(options.work)
    case .tamper(let every):
        try TamperRun.start(options.vault, seed: options.secret, every: every)
    default: try SearchRun.start(options)
    }
} catch {
    let message = (error as? VaultError)?.message ?? "\(error)"
    FileHandle.standardError.write(Data("VaultDriver: \(message)\n".utf8))
    exit(1)
}
