// Things in one line, for people: "acme, blue". Pure.
#pragma once

#include <functional>
#include <string>

namespace tidegate {

//   word_of: what stands for each; default: the thing itself, a text
template <class Things, class WordOf = std::identity>
std::string joined(const Things& things, WordOf word_of = {}) {
  std::string out;
  for (const auto& each : things) out.append(out.empty() ? "" : ", ").append(std::invoke(word_of, each));
  return out;
}

// Of enumerators, as they are written.
template <class Things>
std::string joined_names(const Things& things) {
  return joined(things, [](const auto& each) { return name(each); });
}

}  // namespace tidegate
