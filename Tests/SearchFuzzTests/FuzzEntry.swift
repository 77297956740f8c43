import Foundation

@testable import Vault

// What libFuzzer calls; `tools/check-search-index` links it with this folder and the engine.

private let world: FuzzWorld = {
    do {
        return try FuzzWorld()
    } catch {
        fatalError("no index could be made: \(error)")
    }
}()

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let input = FuzzInput(UnsafeRawBufferPointer(start: start, count: count), world)
    do {
        if let wrong = try FuzzRun(world: world, input: input).judge() {
            fatalError("WRONG: \(wrong)")
        }
    } catch {
        fatalError("WRONG: \(error)")
    }
    return 0
}
