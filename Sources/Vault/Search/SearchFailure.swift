import GRDB
import VaultCrypto

/// Turns what the database throws into the engine's errors.
enum SearchFailure {
    /// Runs `body`; `doing` completes the sentence "Could not …".
    static func guarding<Value>(
        _ doing: String, _ body: () throws -> Value
    ) throws(VaultError) -> Value {
        do {
            return try body()
        } catch let error as VaultError {
            throw error
        } catch let damage as SegmentDamage {
            throw VaultError(
                .damaged,
                "The search index is damaged; no message is. Run `coffer doctor --repair`, which "
                    + "builds it anew.", underlying: damage)
        } catch let error as DatabaseError {
            throw described(error, doing)
        } catch {
            throw VaultError(
                .internalFault, "Could not \(doing); run `coffer doctor`.", underlying: error)
        }
    }

    private static func described(_ error: DatabaseError, _ doing: String) -> VaultError {
        let (code, remedy): (VaultError.Code, String) =
            switch error.resultCode {
            case .SQLITE_FULL: (.noSpace, "the disk is full; free some space and repeat it")
            case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
                (.busy, "another process holds the vault; wait for it and repeat this")
            case .SQLITE_IOERR, .SQLITE_CANTOPEN:
                (.inputOutput, "the vault's file cannot be read or written; check the disk")
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                (.damaged, "the database is damaged; run `coffer doctor`")
            case .SQLITE_INTERRUPT, .SQLITE_ABORT: (.cancelled, "it was interrupted")
            default: (.internalFault, "run `coffer doctor`")
            }
        return VaultError(code, "Could not \(doing): \(remedy).", underlying: error)
    }
}
