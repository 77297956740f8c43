import JSONText
package import VaultCrypto

/// A clock that is behind the audit log.
package struct LateClock: Sendable, Equatable {
    /// The newest time that the log has.
    package var newest: Instant
    /// What the clock says.
    package var now: Instant
}

// A clock that was ahead once and is right now.
extension Vault {
    /// How far the clock is behind the log, so that nothing is destroyed; `nil` where it is not.
    package func lateClock() throws(VaultError) -> LateClock? {
        try store.read { db in
            // Asked when the log is read: what another process wrote just now is not of the future.
            let newest = try AuditTree(in: db).newest
            let now = self.now()
            return now < newest ? LateClock(newest: newest, now: now) : nil
        }
    }

    /// Accepts the clock as right, although the log has a later time: one entry that was written
    /// under a clock that was far ahead would otherwise stop all destruction until then.
    ///
    /// From the entry `clock.accept` on, the newest time of the log is its own. No retention
    /// becomes shorter by that:
    ///
    /// - What was placed, released, set, labelled or stamped before keeps the time that it has. A
    ///   hold of the future holds, a grace that began in the future ends behind that, a floor is a
    ///   time of its own and only grows.
    /// - A policy that was replaced in the future kept what it would keep now, and its coverage
    ///   counts until the grace behind that future is over (R4, `Governance.complete`).
    /// - Periods end by the clock, and the accepted one is the earlier of two: what is due by it
    ///   was due by the later one as well.
    ///
    /// What was decided under the later clock stays decided, such as the removal of a label by
    /// which no rule kept any more then.
    ///
    /// Whoever accepts a clock that is wrong, begins a grace under it and then sets it forward has
    /// shortened the grace no more than by setting it forward alone, against which nothing here
    /// helps; both stand in the log.
    ///
    /// - Parameter reason: Why, as somebody said.
    /// - Returns: What was accepted.
    /// - Throws: `refused` for anybody but the owner of the vault's folder, `badInput` where the
    ///   clock is not behind.
    @discardableResult
    package func acceptClock(reason: String) throws(VaultError) -> LateClock {
        try refuseOthers()
        let accepted = try store.write { db in
            let newest = try AuditTree(in: db).newest
            let late = LateClock(newest: newest, now: self.now())
            guard late.now < newest else { throw Self.punctual }
            var record = AuditLog.Record(.clockAccepted)
            record.figures = [
                AuditLog.newestFigure: late.newest.milliseconds,
                AuditLog.nowFigure: late.now.milliseconds,
            ]
            record.document = ["reason": .string(reason)]
            try auditLog(in: db, at: late.now).append(record)
            return late
        }
        try rememberCheckpoint()
        return accepted
    }

    private func refuseOthers() throws(VaultError) {
        guard isUsedByAnother else { return }
        var record = AuditLog.Record(.refused)
        record.document = ["what": .string("audit clock")]
        try log(record)
        throw VaultError(
            .refused, "Only the owner of the vault's folder can accept a clock; ask them.")
    }

    private static var punctual: VaultError {
        VaultError(
            .badInput,
            "The clock is not behind the audit log, so that there is nothing to accept; "
                + "`coffer purge` says what else keeps records.")
    }
}
