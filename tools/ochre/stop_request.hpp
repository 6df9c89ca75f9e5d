// A wish to stop: SIGINT, SIGTERM, or a part of the program that cannot go on. Whoever waits for a file also waits for
// stop_descriptor(), so that nothing is stuck behind a source that is silent. Tested by cli/video_test.cpp.
#pragma once

namespace ochre::program {

// From here on SIGINT and SIGTERM are wishes, the second of either ends the program at once; a reader that went away is
// an error of write() and no signal. False: the system refused.
bool listen_for_stop();

void request_stop() noexcept;
void withdraw_stop() noexcept;  // unless it was a signal's: what comes next is not concerned
bool stop_requested() noexcept;
int stop_signal() noexcept;      // the signal that was the wish, or 0
int stop_descriptor() noexcept;  // becomes readable with the first wish, and stays so

}  // namespace ochre::program
