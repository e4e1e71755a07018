// What a query asks of one value: to be this, or to lie between those. match.h says what that means.
#pragma once

#include <functional>

#include "config/query.h"
#include "match/document.h"

namespace tidegate {

using ValueTest = std::function<bool(const Scalar&)>;

ValueTest value_is(const Pattern& pattern);

// How a number compares with a time: as milliseconds since the epoch, as the envelope's `timestamp` is written, or not at all.
enum class NumbersAre : unsigned char { plain, milliseconds };

ValueTest value_lies_between(const QueryRange& range, NumbersAre numbers);

}  // namespace tidegate
