// When a stream in colour teaches; what of another place is left out; what is news.
#include <vector>

#include <doctest/doctest.h>

#include <ochre/video/lessons.hpp>

#include "support/made_up_place.hpp"

namespace lessons_test {

namespace {

using namespace ochre;
using test::MadeUpPlace;
using test::picture_of;
using video::Lessons;

}  // namespace

TEST_CASE("lessons: at the first frame, 25 later, twice as long after each, 2,000 apart at most") {
  Lessons lessons;
  std::vector<int> due;
  for (int frame = 0; frame < 12'000; ++frame) {
    if (lessons.is_due()) due.push_back(frame);
  }
  CHECK(due == std::vector<int>{0, 25, 75, 175, 375, 775, 1575, 3175, 5175, 7175, 9175, 11175});
}

TEST_CASE("lessons: of another place nothing is learned, and what was learned is news once") {
  const MadeUpPlace here{.seed = 1};
  const MadeUpPlace elsewhere{.seed = 2};
  Lessons lessons;
  CHECK(lessons.memory().is_empty());
  CHECK(!lessons.has_news());
  CHECK(lessons.learn(picture_of(here, 0)).value());
  CHECK(lessons.has_news());
  color::Recall recall;
  CHECK(recall.is_empty());
  REQUIRE(lessons.recall(here.grid, recall));
  CHECK(!recall.is_empty());
  CHECK(!lessons.has_news());
  CHECK(!lessons.learn(picture_of(elsewhere, 0)).value());
  CHECK(!lessons.has_news());
  CHECK(lessons.memory().frames() == 1);
  CHECK(lessons.learn(picture_of(here, 1)).value());
  CHECK(lessons.has_news());
  CHECK(lessons.memory().frames() == 2);
}

TEST_CASE("lessons: what does not fit the memory is an error, and no news") {
  const MadeUpPlace here{.seed = 1};
  Lessons lessons;
  Reference broken = picture_of(here, 0);
  broken.a.pop_back();
  CHECK(!lessons.learn(broken));
  CHECK(!lessons.has_news());
  CHECK(lessons.memory().is_empty());
}

}  // namespace lessons_test
