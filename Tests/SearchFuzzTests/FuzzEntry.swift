import Foundation

@testable import Vault

// What libFuzzer calls; `tools/check-search-index` links it with this folder and the engine.

private let world: FuzzWorld = {
    do {
        return try FuzzWorld(isSmallOnly: isQuick)
    } catch {
        fatalError("no index could be made: \(error)")
    }
}()

/// Whether each input is one query on changed chunks, and nothing else.
private let isQuick = getenv("COFFER_FUZZ_CHUNKS") != nil

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    do {
        let run = FuzzRun(world: world, input: FuzzInput(bytes, world))
        if let wrong = try isQuick ? run.judgeOneQuery() : run.judge() {
            fatalError("WRONG: \(wrong)")
        }
    } catch {
        fatalError("WRONG: \(error)")
    }
    return 0
}
