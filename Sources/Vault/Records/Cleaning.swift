// SQLite reads text up to the first U+0000: two ids that differ behind one would be one record, and
// a name cut short would not match its commitment. No source means anything by it.
extension ImportedConversation {
    /// The same with U+FFFD for every U+0000 in ids, names and the title.
    func withoutNulls() -> ImportedConversation {
        var clean = self
        clean.origin = Origin(source: origin.source.withoutNulls, id: origin.id.withoutNulls)
        clean.title = title?.withoutNulls
        clean.custodian = custodian?.withoutNulls
        clean.project = project?.withoutNulls
        clean.labels = labels.map(\.withoutNulls)
        clean.current = current?.withoutNulls
        for index in clean.messages.indices { clean.messages[index].removeNulls() }
        return clean
    }
}

extension ImportedMessage {
    mutating func removeNulls() {
        originID = originID.withoutNulls
        parent = parent?.withoutNulls
        model = model?.withoutNulls
        provider = provider?.withoutNulls
        host = host?.withoutNulls
        region = region?.withoutNulls
    }
}

extension String {
    fileprivate var withoutNulls: String {
        guard utf8.contains(0) else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }
}
