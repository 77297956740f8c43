import Foundation

// What libFuzzer calls; `tools/torture fuzz` links it with this folder and the engine, under
// libFuzzer's own names, which one program of tests can have once only.

private let target: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["COFFER_FUZZ_TARGET"] ?? ""
    guard let target = FuzzTarget.named(name) else { fatalError("there is no target \(name)") }
    return target
}()

private let plant = ProcessInfo.processInfo.environment["COFFER_FUZZ_PLANT"].flatMap(Plant.init)

/// One input may take so much time of the processor, the sanitizer's included.
private let longestSeconds = 1.0

/// What the process has used of the processor.
func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

@_cdecl("judgeForeignInput")
func judgeForeignInput(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let input = Array(UnsafeRawBufferPointer(start: start, count: count))
    let began = processorSeconds()
    if let wrong = plant?.judge(input, target) ?? target.judge(input) {
        fatalError("WRONG: \(wrong)")
    }
    let seconds = processorSeconds() - began
    if seconds > longestSeconds { fatalError("WRONG: it took \(seconds) s of the processor") }
    return 0
}

/// Prints the names of the targets where `COFFER_FUZZ_NAMES` says so, and ends.
private func printNames() {
    guard ProcessInfo.processInfo.environment["COFFER_FUZZ_NAMES"] != nil else { return }
    for target in FuzzTarget.all { print(target.name) }
    exit(0)
}

/// Writes the target's seeds and words for libFuzzer before it reads its folders.
///
/// `COFFER_FUZZ_SEEDS` names the folder, and a file `.words` beside it; without it nothing happens.
@_cdecl("prepareForeignInputs")
func prepareForeignInputs(_: UnsafeRawPointer?, _: UnsafeRawPointer?) -> CInt {
    printNames()
    guard let folder = ProcessInfo.processInfo.environment["COFFER_FUZZ_SEEDS"] else { return 0 }
    do {
        for (number, seed) in target.seeds().enumerated() {
            try Data(seed).write(to: URL(filePath: "\(folder)/\(number)"))
        }
        let words = target.words.map { word in
            "\"" + word.utf8.map { String(format: "\\x%02x", $0) }.joined() + "\"\n"
        }
        try Data(words.joined().utf8).write(to: URL(filePath: folder + ".words"))
    } catch {
        fatalError("no seeds could be written: \(error)")
    }
    return 0
}
