import Foundation

extension Surroundings {
    /// The clock, variables, files and programs of this machine.
    ///
    /// - Parameter wire: The transport, as it serves credentials.
    /// - Returns: What flows may use here.
    package static func ofThisMachine(_ wire: any WireExchange) -> Surroundings {
        Surroundings(
            wire: wire, now: { Date() },
            environment: CredentialEnvironment(ProcessInfo.processInfo.environment),
            files: MachineFiles(), programs: MachinePrograms())
    }
}
