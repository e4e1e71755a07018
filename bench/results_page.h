// The folder in which results are kept: a document for each benchmark, NAME.json, and what is made of all of them for people,
// README.md with a table for each and peers.svg. The same documents give the same bytes.
//
// A file is replaced as a whole, by way of NAME.tmp beside it: who reads sees the old one or the new one.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/report.h"

namespace tidegate {

struct ResultsPage {
  std::string text;   // Markdown; shows the chart where there is one
  std::string chart;  // SVG; empty: nothing to compare
};

ResultsPage make_page(const std::vector<Report>& reports);

// Writes FOLDER/NAME.json; the folder is made where there is none.
Result<void> save_report(const std::filesystem::path& folder, const Report& report);

// Of every FOLDER/*.json, by name. An error names the file, and the key where it is one: a document that is larger than 1 MiB,
// breaks its form, or stands under another name than its benchmark's. `absent`: there is none.
Result<std::vector<Report>> load_reports(const std::filesystem::path& folder);

// Makes the page of the folder's documents. A chart that no document asks for any more is removed.
Result<void> write_page(const std::filesystem::path& folder);

}  // namespace tidegate
