import Foundation

// The order matters: no key may be read before core dumps are off, and nothing is written before a
// closed pipe and a file size limit are errors instead of signals.
umask(0o077)
signal(SIGPIPE, SIG_IGN)
signal(SIGXFSZ, SIG_IGN)
exit(Ending.status { try Coffer.start() })
