#include "tests/support/trace_reader.hpp"

#include <rapidjson/document.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <utility>

namespace tandem::test {

namespace {

std::string unzipped(const std::filesystem::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file{gzopen(path.c_str(), "rb"), gzclose};
  if (!file)
    throw std::runtime_error("cannot open " + path.string());
  std::string content;
  std::vector<char> buffer(1U << 20U);
  int count = 0;
  while ((count = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()))) > 0)
    content.append(buffer.data(), static_cast<std::size_t>(count));
  if (count < 0)
    throw std::runtime_error("cannot read " + path.string());
  return content;
}

std::string text_of(const rapidjson::Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

trace_txn txn_of(const rapidjson::Value& value) {
  trace_txn txn;
  if (value.HasMember("agent"))
    txn.agent = value["agent"].GetUint();
  if (value.HasMember("parents"))
    for (const auto& parent : value["parents"].GetArray())
      txn.parents.push_back(parent.GetUint64());
  for (const auto& patch : value["patches"].GetArray())
    txn.patches.push_back({patch[0].GetUint64(), patch[1].GetUint64(), text_of(patch[2])});
  return txn;
}

}  // namespace

std::size_t trace::patch_count() const noexcept {
  std::size_t count = 0;
  for (const trace_txn& txn : txns)
    count += txn.patches.size();
  return count;
}

std::filesystem::path trace_folder(const std::filesystem::path& otherwise) {
  const char* told = std::getenv("TANDEM_TRACES");
  std::filesystem::path folder = told != nullptr ? told : otherwise;
  return std::filesystem::is_directory(folder) ? folder : std::filesystem::path{};
}

std::vector<std::filesystem::path> trace_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  if (!folder.empty())
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.path().string().ends_with(".json.gz"))
        files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

trace read_trace(const std::filesystem::path& file) {
  rapidjson::Document json;
  json.Parse(unzipped(file).c_str());
  if (json.HasParseError() || !json.IsObject() || !json.HasMember("txns"))
    throw std::runtime_error("not a trace: " + file.string());
  trace read;
  read.name = file.stem().stem().string();
  read.concurrent = json.HasMember("kind") && text_of(json["kind"]) == "concurrent";
  if (json.HasMember("numAgents"))
    read.agents = json["numAgents"].GetUint();
  if (json.HasMember("startContent"))
    read.start = text_of(json["startContent"]);
  read.end = text_of(json["endContent"]);
  for (const auto& txn : json["txns"].GetArray())
    read.txns.push_back(txn_of(txn));
  return read;
}

}  // namespace tandem::test
