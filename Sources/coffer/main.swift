import Foundation

// The order matters: no key may be read before core dumps are off, and nothing is written before a
// closed pipe is an error instead of a signal.
umask(0o077)
signal(SIGPIPE, SIG_IGN)
exit(Ending.status { try Coffer.start() })
