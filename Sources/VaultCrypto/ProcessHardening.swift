import Foundation

#if os(Linux)
    import CLinux
#endif

/// What a process does before it touches its first key.
package enum ProcessHardening {
    /// Forbids core dumps and, on Linux, being traced and read by other processes of the same user;
    /// a crash ends the process without the report of Swift's runtime, which shows registers and
    /// the memory to which they point.
    ///
    /// Child processes inherit the limit on core dumps.
    ///
    /// - Throws: `.refused` when the system does not allow it; keys should not be used then.
    package static func apply() throws(VaultError) {
        for crash in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP] {
            _ = signal(crash, SIG_DFL)
        }
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        #if os(Linux)
            let core = __rlimit_resource_t(RLIMIT_CORE.rawValue)
            let isHardened = unsafe setrlimit(core, &limit) == 0 && coffer_set_not_dumpable() == 0
        #else
            let isHardened = unsafe setrlimit(RLIMIT_CORE, &limit) == 0
        #endif
        if !isHardened {
            throw VaultError(
                .refused,
                "Core dumps could not be switched off, so keys might reach the disk; "
                    + "set \"ulimit -c 0\" and try again.")
        }
    }
}
