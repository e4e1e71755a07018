// What must hold in documents of responders and of rules, beyond the form of each key: how it is asked and complained of.
//
// Inside respond/. Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/reader.h"
#include "respond/template.h"

namespace tidegate {

// Whether the document holds anything under the one list that it is made of: else the reader has complained. Nothing to apply is a
// mistake: a file that was cut short, or a wish to take all of them away.
//   remedy: how to get it right
bool holds_elements(const YamlDocument& document, Reader& reader, std::string_view list, const std::string& remedy);

// The keys of one section.
class SectionKeys {
 public:
  //   prefix: of the section: "responders[3]."   requires: reader and prefix outlive it
  SectionKeys(Reader& reader, FieldTable table, const std::string& prefix) : reader_(reader), table_(table), prefix_(prefix) {}

 protected:
  ~SectionKeys() = default;

  bool given(std::string_view key) const { return reader_.was_given(path_of_key(key)); }
  bool is_good(std::string_view key) const { return !reader_.has_error(path_of_key(key)); }
  bool is_all_good() const { return !reader_.has_error_within(prefix_); }

  // Where the key has no error so far.
  void refuse(std::string_view key, Complaint complaint);
  // One of several complaints of a key.
  void add(std::string_view key, Complaint complaint) { reader_.complain(path_of_key(key), std::move(complaint)); }

  void need(std::string_view key, const std::string& why, std::string remedy);
  void useless(std::string_view key, const std::string& where);
  void need_tenants();
  void check_template(std::string_view key, const std::string& text, TemplatePlace place);

  // A value as an error may show it.
  std::string shown_of(std::string_view key, std::string_view text) const {
    return shown(find_field(table_, path_of_key(key)), text);
  }

 private:
  std::string path_of_key(std::string_view key) const { return prefix_ + std::string{key}; }

  Reader& reader_;
  const FieldTable table_;
  const std::string& prefix_;
};

// Names that tell the elements of a list apart.
class DistinctNames {
 public:
  //   what: they are the names of: "responder"
  DistinctNames(Reader& reader, std::string_view what) : reader_(reader), what_(what) {}

  // Complains of one that an element had before.   prefix: of the element: "responders[3]."
  void add(const std::string& prefix, const std::string& name);

 private:
  Reader& reader_;
  const std::string_view what_;
  std::map<std::string, std::string> places_;  // by name; the first of each
};

}  // namespace tidegate
