internal import CPageVFS
import GRDB

/// Ends the statements of a connection when somebody says so.
@safe final class StatementWatch {
    /// How many steps of SQLite's machine lie between two questions: a few dozen rows.
    private static let steps: Int32 = 100
    private let goesOn: () -> Bool

    private init(_ goesOn: @escaping () -> Bool) { self.goesOn = goesOn }

    /// Runs statements that may take long.
    ///
    /// - Parameters:
    ///   - db: The connection, which nobody else watches.
    ///   - goesOn: Asked while they run; where it says no, they end with `SQLITE_INTERRUPT`.
    ///   - body: What runs them.
    /// - Throws: What the body throws.
    static func run(
        in db: Database, while goesOn: @escaping () -> Bool, _ body: () throws -> Void
    ) throws {
        let watch = StatementWatch(goesOn)
        let connection = unsafe db.sqliteConnection
        // The handler is taken away before `watch` ends.
        unsafe sqlite3_progress_handler(
            connection, steps,
            { context in
                guard let context = unsafe context else { return 1 }
                let watch = unsafe Unmanaged<StatementWatch>.fromOpaque(context)
                    .takeUnretainedValue()
                return watch.goesOn() ? 0 : 1
            }, Unmanaged.passUnretained(watch).toOpaque())
        defer { unsafe sqlite3_progress_handler(connection, 0, nil, nil) }
        try withExtendedLifetime(watch) { try body() }
    }
}
