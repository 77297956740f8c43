import Foundation
package import Vault
package import VaultCrypto

/// Makes one export into several archives, each of which is complete and verifies by itself.
package enum GroupExport {
    /// Opens the selection, or those conversations of it that are given.
    package typealias Opening = (Set<RecordID>?) throws(VaultError) -> any ArchiveSource

    /// How an export is split.
    package struct Split {
        /// How large the payload of one archive may be.
        package var sizeBytes: Int64
        /// Gives each archive its id.
        package var nextID: () -> RecordID
        /// Called each time when one more archive got its name, with how many have theirs.
        package var onNamed: (Int) -> Void = { _ in }

        package init(sizeBytes: Int64, nextID: @escaping () -> RecordID) {
            self.sizeBytes = sizeBytes
            self.nextID = nextID
        }
    }

    /// Exports a selection, split where it is larger than one archive may be.
    ///
    /// All archives are written into a hidden folder beside the output and get their names when the
    /// last one is whole: `NAME-001-of-003` with the ending that NAME has. What fits into one
    /// archive becomes one under the name itself, of no group.
    ///
    /// No file system gives several names at once. A process that is killed while they are given
    /// leaves archives that are whole, the first ones under their names and the others in the
    /// hidden folder under the same names; each says how many there are.
    ///
    /// - Parameters:
    ///   - source: Opens what is exported; called once for the plan and once for each archive, in
    ///     one state of the vault.
    ///   - request: As for one archive; its bag's id becomes the group's.
    ///   - split: How large archives may be.
    ///   - hooks: Progress and cancellation.
    /// - Returns: What was made, in order.
    /// - Throws: As for one archive; `badInput` where there would be too many.
    package static func run(
        _ source: Opening, _ request: ArchiveExport.Request, _ split: Split,
        hooks: ArchiveExport.Hooks = .init()
    ) throws(VaultError) -> [ArchiveExport.Result] {
        let output = try OutputPath(request.output)
        try output.requireEnding(isEncrypted: request.encryption != nil)
        let plan = try GroupPlan(
            source(nil), request, sizeBytes: split.sizeBytes, hooks: hooks)
        guard plan.parts.count > 1 else {
            return [try ArchiveExport.run(source(nil), request, hooks: hooks)]
        }
        let count = plan.parts.count
        guard count <= ArchiveGroup.maximumCount else {
            throw VaultError(
                .badInput,
                "That would make \(count) archives, and \(ArchiveGroup.maximumCount) are the most; "
                    + "give a larger --split-size.")
        }
        let staging = try GroupStaging(
            output, names: (1...count).map { output.name(ArchiveGroup.suffix($0, of: count)) })
        var results: [ArchiveExport.Result] = []
        var done = ArchiveExport.Progress()
        let id = request.bag
        for (index, part) in plan.parts.enumerated() {
            var request = request
            request.output = staging.path(index)
            request.bag = split.nextID()
            request.group = ArchiveGroup(
                id: id, number: index + 1, count: count,
                conversations: plan.conversations, messages: plan.messages)
            var last = ArchiveExport.Progress()
            let before = done
            var own = hooks
            own.progress = { progress in
                last = progress
                hooks.progress(before + progress)
            }
            var result = try ArchiveExport.run(source(Set(part)), request, hooks: own)
            done = before + last
            result.archive = staging.finalPath(index)
            results.append(result)
        }
        try staging.publish(split.onNamed)
        return results
    }
}

extension ArchiveExport.Progress {
    fileprivate static func + (first: Self, second: Self) -> Self {
        .init(bytes: first.bytes + second.bytes, records: first.records + second.records)
    }
}

/// The hidden folder in which the archives of a group wait for the last one.
private final class GroupStaging {
    private let output: OutputPath
    private let names: [String]

    /// - Throws: `exists` when one of the names is taken.
    init(_ output: OutputPath, names: [String]) throws(VaultError) {
        self.output = output
        self.names = names
        var status = stat()
        for name in names where unsafe lstat("\(output.folder)/\(name)", &status) == 0 {
            throw .archiveExists
        }
        guard unsafe mkdir(output.staging, 0o700) == 0 else { throw .file("created") }
    }

    func path(_ index: Int) -> String { "\(output.staging)/\(names[index])" }

    func finalPath(_ index: Int) -> String { "\(output.folder)/\(names[index])" }

    /// Gives all archives their names, or none of them.
    func publish(_ onNamed: (Int) -> Void) throws(VaultError) {
        for index in names.indices {
            do throws(VaultError) {
                try Self.move(path(index), finalPath(index))
                onNamed(index + 1)
            } catch {
                for earlier in names.indices.prefix(index) {
                    unsafe rename(finalPath(earlier), path(earlier))
                }
                throw error
            }
        }
        try output.syncFolder()
    }

    /// Moves a folder or a file, and never over something.
    private static func move(_ old: String, _ new: String) throws(VaultError) {
        var status = stat()
        guard unsafe lstat(old, &status) == 0 else { throw .file("given its name") }
        if status.st_mode & S_IFMT == S_IFDIR {
            // An empty folder claims the name; renaming over an empty folder is atomic.
            guard unsafe mkdir(new, 0o700) == 0 else {
                throw errno == EEXIST ? .archiveExists : .file("given its name")
            }
            guard unsafe rename(old, new) == 0 else {
                let number = errno
                unsafe rmdir(new)
                throw .file("given its name", number: number)
            }
        } else {
            guard unsafe link(old, new) == 0 else {
                throw errno == EEXIST ? .archiveExists : .file("given its name")
            }
            unsafe unlink(old)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: output.staging) }
}
