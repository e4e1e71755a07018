// The link to the next page, seen before the page is parsed, so that it can be asked for meanwhile.
#pragma once

#include "base/bytes.h"

namespace tidegate {

// The root's nextLink of a page as the API lays it out: a plain string, before or behind the list of items. Empty where there is
// none, or where telling would need a parser (escapes, another order). A guess: the parsed page decides.
ByteView guess_next_link(ByteView body);

}  // namespace tidegate
