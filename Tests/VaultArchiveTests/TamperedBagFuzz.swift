// What libFuzzer calls; `tools/check-foreign-archives --bags` links it with this folder and the
// engine, under libFuzzer's own name, which one program of tests can have once only.

private let bag: TamperedBag = {
    do {
        return try TamperedBag()
    } catch {
        fatalError("no archive could be made: \(error)")
    }
}()

@_cdecl("judgeTamperedBag")
func judgeTamperedBag(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    do {
        if let wrong = try bag.judge(Array(bytes)) { fatalError("WRONG: \(wrong)") }
    } catch {
        fatalError("WRONG: \(error)")
    }
    return 0
}
