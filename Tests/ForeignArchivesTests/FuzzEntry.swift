// What libFuzzer calls; `tools/check-foreign-archives` links it with this folder and the readers,
// under libFuzzer's own name, which one program of tests can have once only.

@_cdecl("judgeForeignArchive")
func judgeForeignArchive(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    if let wrong = ArchiveJudge.judge(Array(bytes)) { fatalError("WRONG: \(wrong)") }
    return 0
}
