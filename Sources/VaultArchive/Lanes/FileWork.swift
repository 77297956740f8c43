import VaultCrypto

/// What a lane does with one file.
struct FileWork: Sendable {
    var hasSHA256 = true
    var hasSHA512 = true
    /// Set for a file of records, which are then checked as well.
    var records: RecordChecker?
}

/// What a lane found out about one file, as far as it was asked to.
struct FileFinding: Sendable {
    var sha256: [UInt8]?
    var sha512: [UInt8]?
    var records: RecordChecker?

    /// Adds what another lane found out about the same file.
    mutating func merge(_ other: FileFinding) {
        sha256 = sha256 ?? other.sha256
        sha512 = sha512 ?? other.sha512
        records = records ?? other.records
    }
}

/// One file in the hands of a lane.
struct FileExamination: ~Copyable {
    private var sha256: SHA256Digest?
    private var sha512: SHA512Digest?
    private var records: RecordChecker?

    init(_ work: FileWork) {
        sha256 = work.hasSHA256 ? SHA256Digest() : nil
        sha512 = work.hasSHA512 ? SHA512Digest() : nil
        records = work.records
    }

    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        unsafe sha256?.update(bytes)
        unsafe sha512?.update(bytes)
        unsafe records?.take(bytes)
    }

    mutating func finish() -> FileFinding {
        records?.finish()
        return FileFinding(
            sha256: sha256?.finalize(), sha512: sha512?.finalize(), records: records)
    }
}
