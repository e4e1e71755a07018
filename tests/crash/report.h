// How a program that makes others crash ends: what is missing and what is twice, and how to run it again.
#pragma once

#include <filesystem>
#include <string>

#include "tests/support/verdict.h"

namespace tidegate {

// The exit code: 0 where nothing is missing and nothing twice; then the folder goes.
int report(const Result<VerdictFigures>& figures, const std::filesystem::path& directory, const std::string& again);

}  // namespace tidegate
