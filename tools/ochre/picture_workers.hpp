// Workers for many pictures: each reads, colours and writes pictures by itself, one after the other, and takes the next
// one when it is done. So all cores are busy whatever a picture's parts take, and none waits for another's end.
// Tested by cli/archive_test.cpp.
#pragma once

#include <cstddef>
#include <functional>

namespace ochre::program {

// work(worker, job): worker counts from 0, and calls of one worker never overlap.
using WorkOnJob = std::function<void(int worker, std::size_t job)>;

// Calls work for job = 0, 1, … jobs-1 on `workers` threads, one of them the caller's; on fewer, if the system starts no
// more. Once a stop is requested no job is begun any more. Returns how many were begun; all of those are done.
std::size_t work_through(std::size_t jobs, int workers, const WorkOnJob& work);

}  // namespace ochre::program
