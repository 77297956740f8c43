// Whether the list of conversations has the pages that it must have.
extension BagChecker {
    /// Whether a file in `data/html/` is named as a further page of the list.
    static func isFurtherList(_ path: String) -> Bool {
        let name = path.dropFirst(ArchiveName.pages.count)
        guard name.hasPrefix("index-"), name.hasSuffix(".html") else { return false }
        let digits = name.dropFirst(6).dropLast(5)
        guard let number = Int(digits), number > 1 else { return false }
        return path == ArchiveName.list(number)
    }

    /// Compares the pages with the number of conversations, where no record file is in doubt.
    mutating func checkLists() {
        guard !faults.namesAny(below: ArchiveName.native) else { return }
        let count = ListPages.count(conversations: conversations)
        for number in 1...count {
            let path = ArchiveName.list(number)
            if ledger[path]?.isPresent != true, !faults.names(path) {
                faults.add(path, "the file is missing")
            }
        }
        let further = ledger.files.values.filter { $0.isPresent && Self.isFurtherList($0.path) }
        guard further.count >= count else { return }
        let expected = Set((1...count).map(ArchiveName.list))
        for file in further where !expected.contains(file.path) && !faults.names(file.path) {
            faults.add(file.path, "so few conversations have no such page of the list")
        }
    }
}
