#include "actors/ai/keywords.hpp"

namespace tandem::ai {

namespace {

using std::string_view;

constexpr string_view python[] = {
  "False", "None", "True", "and", "assert", "async", "await", "break", "class", "continue", "def",
  "del", "elif", "else", "enumerate", "except", "finally", "for", "from", "global", "import",
  "isinstance", "lambda", "len", "nonlocal", "not", "pass", "print", "raise", "range", "return",
  "self", "try", "while", "with", "yield"};

constexpr string_view javascript[] = {
  "async", "await", "break", "case", "catch", "class", "console", "const", "constructor", "continue",
  "debugger", "default", "delete", "document", "else", "export", "extends", "false", "finally", "for",
  "function", "import", "instanceof", "interface", "let", "new", "null", "number", "private",
  "public", "readonly", "return", "static", "string", "super", "switch", "this", "throw", "true",
  "try", "type", "typeof", "undefined", "var", "void", "while", "yield"};

constexpr string_view c_family[] = {
  "auto", "bool", "break", "case", "catch", "char", "class", "concept", "const", "constexpr",
  "continue", "default", "delete", "double", "else", "enum", "explicit", "extern", "false", "final",
  "float", "for", "friend", "include", "inline", "int", "long", "mutable", "namespace", "new",
  "noexcept", "nullptr", "operator", "override", "private", "protected", "public", "requires",
  "return", "short", "signed", "sizeof", "static", "static_cast", "struct", "switch", "template",
  "this", "throw", "true", "try", "typedef", "typename", "union", "unsigned", "using", "virtual",
  "void", "volatile", "while"};

constexpr string_view rust[] = {
  "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false",
  "for", "impl", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self",
  "static", "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while"};

constexpr string_view go_words[] = {
  "append", "break", "case", "chan", "const", "continue", "default", "defer", "else", "error",
  "fallthrough", "false", "for", "func", "goto", "import", "interface", "len", "make", "map", "nil",
  "package", "range", "return", "select", "string", "struct", "switch", "true", "type", "var"};

constexpr string_view java[] = {
  "abstract", "boolean", "break", "case", "catch", "class", "continue", "default", "double", "else",
  "enum", "extends", "false", "final", "finally", "for", "implements", "import", "instanceof", "int",
  "interface", "long", "new", "null", "package", "private", "protected", "public", "return",
  "static", "super", "switch", "this", "throw", "throws", "true", "try", "void", "while"};

}  // namespace

std::span<const string_view> keywords_of(string_view language) noexcept {
  if (language == "python")
    return python;
  if (language == "javascript" || language == "typescript" || language == "html")
    return javascript;
  if (language == "cpp" || language == "c")
    return c_family;
  if (language == "rust")
    return rust;
  if (language == "go")
    return go_words;
  if (language == "java" || language == "kotlin" || language == "csharp")
    return java;
  return {};
}

}  // namespace tandem::ai
