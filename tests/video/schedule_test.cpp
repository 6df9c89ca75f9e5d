// When a look is due: each rule, and what is saved for it.
#include <vector>

#include <doctest/doctest.h>

#include <ochre/video/schedule.hpp>

namespace schedule_test {

namespace {

using namespace ochre;
using video::Schedule;

constexpr float nothing = 0.0f;
constexpr float little = 0.002f;  // no more than that is no reason
constexpr float some = 0.0021f;
constexpr float not_much = 0.03f;
constexpr float much = 0.0301f;

// The frames, from 0, at which the network looked.
std::vector<int> looks_of(Schedule& schedule, int frames, float unseen) {
  std::vector<int> looks;
  for (int frame = 0; frame < frames; ++frame) {
    if (!schedule.is_due(unseen)) continue;
    schedule.looked();
    looks.push_back(frame);
  }
  return looks;
}

// A scene that has had all its first looks and saved as much as it may.
Schedule settled() {
  Schedule schedule;
  for (int look = 0; look < 16; ++look) schedule.looked();
  for (int frame = 0; frame < 6; ++frame) schedule.is_due(nothing);
  return schedule;
}

}  // namespace

TEST_CASE("schedule: the first frame is due, and so is each next until there was a look") {
  for (const float unseen : {nothing, 1.0f}) {
    Schedule schedule;
    for (int frame = 0; frame < 5; ++frame) CHECK(schedule.is_due(unseen));
    CHECK(schedule.looks() == 0);
    schedule.looked();
    CHECK(schedule.looks() == 1);
    CHECK(!Schedule(schedule).is_due(nothing));
  }
}

TEST_CASE("schedule: a scene gets 16 looks from what is saved, and one in 25 frames afterwards") {
  Schedule schedule;
  // 3 are saved 6 frames after the first look, and again 2 frames after each next.
  std::vector<int> expected{0};
  for (int frame = 6; frame <= 34; frame += 2) expected.push_back(frame);
  for (int frame = 59; frame < 200; frame += 25) expected.push_back(frame);
  REQUIRE(expected[15] == 34);  // the 16th
  CHECK(looks_of(schedule, 200, nothing) == expected);
}

TEST_CASE("schedule: where much is unseen a look is due at once, as long as one is saved") {
  Schedule schedule;
  CHECK(looks_of(schedule, 9, much) == std::vector<int>{0, 2, 4, 6, 8});  // two frames save one
  for (const float unseen : {much, 1.0f}) {
    Schedule calm = settled();
    // 3 are saved and never more: 5 frames in turn, each of which saves a half, then every second one.
    CHECK(looks_of(calm, 11, unseen) == std::vector<int>{0, 1, 2, 3, 4, 6, 8, 10});
  }
  Schedule calm = settled();
  CHECK(looks_of(calm, 3, not_much).empty());
}

TEST_CASE("schedule: where some is unseen a look is due in 4 frames in turn") {
  for (const float unseen : {some, not_much}) {
    Schedule calm = settled();
    CHECK(looks_of(calm, 16, unseen) == std::vector<int>{3, 7, 11, 15});
  }
  Schedule calm = settled();
  CHECK(looks_of(calm, 12, little).empty());
  Schedule interrupted = settled();
  for (int frame = 0; frame < 12; ++frame) CHECK(!interrupted.is_due(frame % 4 == 3 ? little : some));
}

TEST_CASE("schedule: who waited while nothing was saved gets a look as soon as there is one") {
  Schedule schedule = settled();
  for (int look = 0; look < 5; ++look) schedule.looked();  // less than nothing cannot be saved
  CHECK(!schedule.is_due(much));
  CHECK(schedule.is_due(much));
  for (int look = 0; look < 5; ++look) schedule.looked();
  CHECK(looks_of(schedule, 4, some) == std::vector<int>{3});
}

TEST_CASE("schedule: a restart is another scene") {
  Schedule schedule = settled();
  schedule.restart();
  CHECK(schedule.looks() == 0);
  Schedule fresh;
  CHECK(looks_of(schedule, 80, nothing) == looks_of(fresh, 80, nothing));
}

}  // namespace schedule_test
