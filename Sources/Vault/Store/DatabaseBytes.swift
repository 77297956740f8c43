import Foundation
import GRDB

extension [UInt8] {
    /// The bytes as a BLOB.
    var databaseValue: DatabaseValue { Data(self).databaseValue }
}

extension Row {
    /// A BLOB column; `nil` when it is NULL.
    func bytes(_ column: String) -> [UInt8]? {
        (self[column] as Data?).map { [UInt8]($0) }
    }

    func bytes(at index: Int) -> [UInt8]? {
        (self[index] as Data?).map { [UInt8]($0) }
    }

    func id(at index: Int) -> RecordID? {
        bytes(at: index).flatMap { RecordID(bytes: $0) }
    }

    /// An id column; `nil` when it is NULL or not 16 bytes.
    func id(_ column: String) -> RecordID? {
        bytes(column).flatMap { RecordID(bytes: $0) }
    }
}
