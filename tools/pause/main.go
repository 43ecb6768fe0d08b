// Command pause is the first process of a pod: it holds the pod's namespaces, ends at once when
// asked to, and takes in what becomes an orphan where the pod's processes share one namespace.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return
		}
		reap()
	}
}

// One signal may stand for several children.
func reap() {
	for {
		child, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if err == nil && child == 0 || err != nil && err != syscall.EINTR {
			return
		}
	}
}
