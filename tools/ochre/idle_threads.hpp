// On a busy server a thread that spins while it waits takes the core from the one it waits for. GNU OpenMP spins for
// milliseconds unless an environment variable says otherwise, and reads it when it is loaded, before main(): so the
// program sets the variable and starts itself over, once. A user's own choice stands. 1000 turns are some microseconds,
// what another thread's last bit of work may take.
// Measured beside a busy process, both on one core: 0.48 s a picture instead of 2.3 s.
#pragma once

namespace ochre::program {

// words: main's argv. Returns only if there is nothing to change, or if it cannot be done.
void let_idle_threads_sleep(char** words) noexcept;

}  // namespace ochre::program
