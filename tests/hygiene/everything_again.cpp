#include "all_headers.hpp"

const void* version_seen_by_the_other_unit();
const void* version_seen_by_the_other_unit() { return ochre::version; }
