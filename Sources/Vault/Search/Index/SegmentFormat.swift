/// The format of a segment of the search index, version 2.
///
/// A segment is an immutable inverted index over some messages, its documents. It consists of one
/// row of `search_segment` and of seven streams of bytes, cut into chunks of at most 16,384 bytes,
/// the rows of `search_chunk`. Integers are little-endian. A `vint` has 7 bits in a byte, the
/// lowest first, bit 7 set on all but the last byte, at most 5 bytes.
///
/// ADDRESSES
///
/// Byte `o` of a stream lies in chunk `o / 16384` at `o % 16384`. No item reaches over the end of
/// its chunk; where the next one would, the rest of the chunk is left out, so a chunk may be
/// shorter and the next item begins at the next multiple of 16,384. No item has more than 4,096
/// bytes.
///
/// DOCUMENTS are numbered from 0 in the order of (time, message number); those without a time come
/// first, with the time 0. So a range of dates is a range of documents, and the newest are last.
///
/// STREAMS
///
/// 0 dictionary: each chunk can be read alone. Blocks of 1 to 16 terms, the terms in the order of
/// their bytes; then a `u16` offset of each block and a `u16` count of them.
///
///     block   u8 count, vint postings, vint positions, vint skips: bases for the entries
///     entry   u8 shared, u8 more, the bytes: the term is the first `shared` bytes of the one
///             before it and `more` bytes (the first entry of a block shares none)
///             vint df: how many documents have it
///       df = 1         vint document, vint tf, u8 norm, vint positions
///       df 2 to 128    vint last document, vint postings, vint positions
///       df > 128       u16 impact, vint skips
///
/// `postings`, `positions` and `skips` are offsets in those streams, each told as the difference to
/// the entry before it of this block that has one, or to the block's base.
///
/// 1 skips: for each term of more than 128 documents an entry of 16 bytes for every 128 of them:
/// `u32` last document, `u32` postings, `u32` positions, `u8` code of the documents, `u8` code of
/// the tf, `u16` impact. Entries of a term follow each other.
///
/// 2 postings: blocks of 128 documents, the last one of a term shorter. A term of 2 to 128
/// documents has one, with a header of `u8` code of the documents, `u8` code of the tf and, where
/// norms are embedded, `u16` impact. Then the documents, each less the one before it in the term
/// (or -1) and less 1; where they are embedded, a byte for each norm; and the tf, each less 1.
///
///     code      bits 0 to 5: w; bit 6, of documents only: norms are embedded; bit 7: exceptions
///     numbers   the lowest `w` bits of each. 128 numbers take `16 w` bytes, in four lanes: number
///               `i` is in lane `i % 4`. Fewer are a stream of bits, the lowest first, padded to
///               a byte.
///     exceptions  u8 how many; of each u8 which number, vint what of it is above its lowest `w`
///               bits
///
/// Norms are embedded for terms of the text in at most 4,096 documents.
///
/// 3 positions: for each block of postings the positions of its documents one after the other, in
/// groups of 128, the last one shorter: `u8` width, then a stream of bits. Of each document the
/// first position is told as it is, each other as the difference to the one before it. Where a
/// chunk ends, the next group begins the next chunk.
///
/// 4 norms: a byte for each document, its length as `NormCode` has it.
///
/// 5 documents: for each 128 documents their message numbers less the group's lowest, then their
/// times less the group's first, as two streams of bits.
///
/// 6 groups: for each 128 documents an entry of 24 bytes: `i64` first time, `i64` lowest message
/// number, `u32` offset in stream 5, `u8` bits of a number, `u8` bits of a time, `u16` 0. A chunk
/// has 682 of them.
///
/// IMPACT: an upper bound of `tf / (tf + k)` over the documents of a block or term, in 65535ths,
/// with `k` of `Relevance` at the average length that the row of the segment states. At another
/// average it is multiplied by the larger of 1 and the present average over that one.
///
/// CHECKSUM: behind each chunk, its row has a `u64` over the chunk and the row's number
/// (`ChunkChecksum`).
///
/// WHAT IS VALID, checked when a row or chunk is loaded, so that loops need not check again:
///  (S0) Counts, times, numbers and lengths of the row are within what the format can hold, and no
///       more documents are removed than there are.
///  (S1) A dictionary chunk parses as above to its last byte. Its terms ascend and have 1 to 255
///       bytes; the first is the one that the row of the segment names, and the last comes before
///       the first of the next chunk.
///  (S2) Skip entries of one chunk have widths of at most 24 and 28 and offsets inside their
///       streams, or at the end of the postings, where a block of neighbours without norms takes no
///       bytes. A chunk that another one of the same term follows is full.
///  (S3) A block of postings lies inside its chunk; its differences have at most 24 bits and its
///       tf 28, with their exceptions, which have places in the block; its last document is the one
///       that was announced and below the number of documents. So nothing overflows, and every
///       document of the block is below it.
///  (S4) A group of positions lies inside its chunk, and no position is above 2^30. Only first
///       positions can be 0, so a block has not more positions than 128 and the bits of its stream.
///  (S5) Norms, documents and groups have as many entries as there are documents.
///  (S6) Groups are in the order of their times. Times and numbers of documents are within those of
///       the row; where segments are merged, their documents are found to be in order.
///
/// Page encryption authenticates the bytes; these checks are against faults of our own.
enum SegmentFormat {
    static let version: Int64 = 2
    static let chunkBytes = 16_384
    static let longestItemBytes = 4_096
    static let block = 128
    static let termsInBlock = 16
    static let skipBytes = 16
    static let groupBytes = 24
    static let groupsInChunk = chunkBytes / groupBytes
    /// Terms of at most this many documents have their norms beside their postings.
    static let embeddedNorms = 4_096
    static let documentBits = 24
    static let maximumDocuments = 1 << documentBits
    static let frequencyBits = 28
    /// Of one segment; merges stop far below.
    static let mostTokens: Int64 = 1 << 40
    static let highestPosition: UInt64 = 1 << 30
    static let longestTermBytes = 255
    /// Readable bytes behind every chunk in memory.
    static let padding = 16
}

/// The streams of a segment.
enum SegmentStream: Int, CaseIterable {
    case dictionary, skips, postings, positions, norms, documents, groups

    /// `search_chunk.num` of a chunk.
    static func row(_ segment: Int64, _ stream: SegmentStream, _ chunk: Int) -> Int64 {
        segment << 24 | Int64(stream.rawValue) << 20 | Int64(chunk)
    }
}

/// What is wrong in a segment: a fault of ours, since its pages were authentic.
struct SegmentDamage: Error, Equatable {
    var what: String

    init(_ what: String) { self.what = what }
}
