// Cuts a page's JSON into its items without understanding them: for pages in which one record breaks the rules of JSON
// that a strict parser holds to (a lone surrogate, bytes that are no UTF-8, nesting without end).
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"

namespace tidegate {

inline constexpr ByteView json_space = " \t\r\n";  // what may stand between tokens: RFC 8259, section 2

struct SplitPage {
  std::vector<ByteView> items;  // each as it stands, in the bytes that were given
  Bytes rest;                   // the page with an empty list of items
};

// Absent when the text is no object that holds a list under `key`, or breaks off. Only strings and brackets are looked
// at, so what comes out may still be no JSON.
std::optional<SplitPage> split_page(ByteView body, ByteView key);

}  // namespace tidegate
