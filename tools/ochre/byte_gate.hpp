// Lets work in as long as its bytes, with those of all that is inside, stay below a bound; what is larger than the
// bound goes in alone. Tested by cli/archive_test.cpp.
#pragma once

#include <condition_variable>
#include <mutex>

namespace ochre::program {

class ByteGate {
 public:
  explicit ByteGate(double bound) : bound_(bound) {}

  // Inside, from enter() on until it ends.
  class Pass {
   public:
    explicit Pass(ByteGate& gate) : gate_(gate) {}
    ~Pass() { leave(); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

    // Whether there is room at once.
    bool try_enter(double bytes) {
      const std::lock_guard lock(gate_.mutex_);
      return take(bytes);
    }
    // Waits for room.
    void enter(double bytes) {
      std::unique_lock lock(gate_.mutex_);
      gate_.changed_.wait(lock, [&] { return take(bytes); });
    }
    void leave() {
      {
        const std::lock_guard lock(gate_.mutex_);
        gate_.taken_ -= bytes_;
        gate_.inside_ -= is_inside_ ? 1 : 0;
        bytes_ = 0;
        is_inside_ = false;
      }
      gate_.changed_.notify_all();
    }

   private:
    bool take(double bytes) {
      if (gate_.inside_ > 0 && gate_.taken_ + bytes > gate_.bound_) return false;
      gate_.taken_ += bytes;
      ++gate_.inside_;
      bytes_ = bytes;
      is_inside_ = true;
      return true;
    }

    ByteGate& gate_;
    double bytes_ = 0;
    bool is_inside_ = false;
  };

 private:
  const double bound_;
  std::mutex mutex_;
  std::condition_variable changed_;
  double taken_ = 0;
  int inside_ = 0;
};

}  // namespace ochre::program
