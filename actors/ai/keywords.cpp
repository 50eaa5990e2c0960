#include "actors/ai/keywords.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tandem::ai {

namespace {

using std::string_view;

template <std::size_t A, std::size_t B>
constexpr std::array<string_view, A + B> joined(const string_view (&first)[A],
                                                const string_view (&second)[B]) {
  std::array<string_view, A + B> all{};
  std::ranges::copy(first, all.begin());
  std::ranges::copy(second, all.begin() + A);
  return all;
}

constexpr string_view python[] = {
  "self", "return", "def", "for", "import", "from", "class", "not", "None", "True", "False",
  "and", "else", "elif", "with", "try", "except", "raise", "while", "pass", "yield", "lambda",
  "assert", "async", "await", "break", "continue", "del", "finally", "global", "nonlocal", "len",
  "range", "str", "int", "print", "isinstance", "list", "dict", "set", "tuple", "bool", "float",
  "enumerate", "zip", "sorted", "open", "super", "append", "items", "keys", "values", "join",
  "split", "strip", "startswith", "endswith", "format", "replace", "getattr", "setattr",
  "hasattr", "any", "all", "map", "filter", "max", "min", "sum", "abs", "reversed", "property",
  "staticmethod", "classmethod", "dataclass", "field", "Exception", "ValueError", "KeyError",
  "TypeError", "RuntimeError", "NotImplementedError", "StopIteration", "OSError", "__init__",
  "__name__", "__main__", "__repr__", "__enter__", "__exit__", "Optional", "Iterator", "Callable",
  "Any", "Path", "argparse", "collections", "dataclasses", "functools", "itertools", "logging",
  "pathlib", "typing", "subprocess"};

constexpr string_view script[] = {
  "const", "return", "function", "let", "else", "for", "new", "this", "await", "async", "import",
  "export", "from", "class", "extends", "true", "false", "null", "undefined", "typeof", "throw",
  "try", "catch", "finally", "switch", "case", "break", "continue", "default", "delete",
  "instanceof", "static", "super", "var", "void", "while", "yield", "constructor", "console",
  "log", "length", "push", "map", "filter", "forEach", "includes", "indexOf", "join", "split",
  "slice", "splice", "sort", "find", "some", "every", "reduce", "replace", "trim", "startsWith",
  "endsWith", "toString", "padStart", "concat", "keys", "values", "entries", "then", "Promise",
  "resolve", "reject", "all", "Object", "assign", "Array", "isArray", "JSON", "parse",
  "stringify", "Math", "max", "min", "floor", "round", "abs", "random", "Date", "now", "Error",
  "Map", "Set", "Number", "String", "Boolean", "RegExp", "Symbol", "document", "window",
  "setTimeout", "clearTimeout", "setInterval", "clearInterval", "addEventListener",
  "removeEventListener", "querySelector", "querySelectorAll", "getElementById", "createElement",
  "appendChild", "classList", "textContent", "innerHTML", "preventDefault", "target", "value",
  "fetch", "localStorage", "sessionStorage", "location", "navigator", "require", "module",
  "exports", "process", "type"};

// What TypeScript adds.
constexpr string_view types[] = {
  "string", "number", "boolean", "readonly", "interface", "private", "public", "protected",
  "unknown", "never", "enum", "implements", "abstract", "declare", "namespace", "keyof", "Record",
  "Partial", "Readonly", "ReadonlyArray"};

// HTML and CSS.
constexpr string_view markup[] = {
  "div", "span", "body", "head", "html", "button", "input", "label", "form", "img", "script",
  "style", "link", "meta", "title", "main", "header", "footer", "section", "nav", "table",
  "select", "option", "textarea", "iframe", "strong", "href", "src", "alt", "placeholder", "name",
  "width", "height", "content", "charset", "onclick", "margin", "padding", "display", "color",
  "background", "border", "position", "relative", "absolute", "fixed", "flex", "grid", "block",
  "inline-block", "none", "auto", "center", "left", "right", "top", "bottom", "font-size",
  "font-family", "font-weight", "font", "text-align", "text-decoration", "line-height",
  "background-color", "background-image", "border-radius", "border-bottom", "border-top",
  "margin-top", "margin-bottom", "margin-left", "margin-right", "padding-top", "padding-bottom",
  "padding-left", "padding-right", "max-width", "min-width", "max-height", "min-height",
  "justify-content", "align-items", "flex-direction", "flex-wrap", "space-between", "column",
  "row", "wrap", "overflow", "hidden", "opacity", "cursor", "pointer", "z-index", "transform",
  "transition", "box-shadow", "vertical-align", "visibility", "white-space", "nowrap", "float",
  "clear", "solid", "underline", "uppercase", "inherit", "initial", "important", "hover",
  "first-child", "last-child", "media", "rgba", "white", "black", "transparent"};

constexpr auto javascript = joined(script, types);
constexpr auto web = joined(script, markup);

constexpr string_view c_family[] = {
  "return", "const", "std", "auto", "else", "for", "while", "void", "bool", "int", "char",
  "string", "static", "struct", "class", "public", "private", "protected", "namespace", "include",
  "template", "typename", "using", "constexpr", "nullptr", "true", "false", "break", "continue",
  "case", "switch", "default", "new", "delete", "this", "throw", "try", "catch", "noexcept",
  "explicit", "override", "virtual", "final", "inline", "operator", "enum", "union", "sizeof",
  "static_cast", "dynamic_cast", "reinterpret_cast", "const_cast", "unsigned", "signed", "long",
  "short", "double", "float", "mutable", "volatile", "typedef", "extern", "friend", "concept",
  "requires", "co_await", "co_return", "co_yield", "size", "begin", "end", "push_back",
  "emplace_back", "emplace", "insert", "erase", "find", "empty", "clear", "move", "forward",
  "swap", "reserve", "resize", "front", "back", "data", "first", "second", "value", "has_value",
  "get", "make_unique", "make_shared", "unique_ptr", "shared_ptr", "vector", "map",
  "unordered_map", "set", "string_view", "optional", "variant", "function", "pair", "tuple",
  "array", "span", "size_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t", "int64_t",
  "ptrdiff_t", "thread", "mutex", "lock_guard", "unique_lock", "condition_variable", "atomic",
  "chrono", "milliseconds", "runtime_error", "exception", "ostream", "istream", "cout", "endl",
  "printf", "malloc", "free", "memcpy", "strlen", "NULL"};

constexpr string_view rust[] = {
  "self", "let", "mut", "pub", "impl", "struct", "enum", "match", "return", "use", "mod", "for",
  "while", "loop", "else", "where", "type", "trait", "unsafe", "const", "static", "ref", "move",
  "crate", "super", "dyn", "async", "await", "break", "continue", "extern", "true", "false",
  "Self", "Some", "None", "Err", "Option", "Result", "String", "Vec", "Box", "usize", "u16",
  "u32", "u64", "i32", "i64", "isize", "bool", "str", "char", "unwrap", "expect", "clone", "iter",
  "into_iter", "collect", "len", "push", "pop", "insert", "remove", "map", "filter", "enumerate",
  "next", "is_empty", "is_some", "is_none", "as_ref", "as_mut", "as_str", "to_string", "into",
  "from", "with_capacity", "unwrap_or", "unwrap_or_else", "default", "HashMap", "HashSet",
  "RefCell", "Arc", "Mutex", "Debug", "Clone", "Copy", "Default", "PartialEq", "Hash", "Iterator",
  "IntoIterator", "From", "Display", "derive", "cfg", "assert", "assert_eq", "panic", "println",
  "format", "vec", "unreachable", "todo", "std", "collections", "mem", "ptr", "fmt"};

constexpr string_view go_words[] = {
  "return", "func", "err", "nil", "for", "range", "package", "import", "type", "struct",
  "interface", "string", "int", "error", "map", "chan", "defer", "select", "switch", "case",
  "default", "break", "continue", "fallthrough", "else", "const", "var", "true", "false", "bool",
  "byte", "make", "append", "len", "cap", "copy", "delete", "new", "panic", "recover", "goto",
  "fmt", "Println", "Printf", "Sprintf", "Errorf", "context", "Background", "http", "errors",
  "strings", "strconv", "time", "Duration", "sync", "Mutex", "WaitGroup", "ioutil", "bytes",
  "json", "Marshal", "Unmarshal", "testing"};

constexpr string_view java[] = {
  "return", "public", "private", "protected", "static", "final", "void", "class", "interface",
  "extends", "implements", "new", "this", "super", "else", "for", "while", "switch", "case",
  "default", "break", "continue", "try", "catch", "finally", "throw", "throws", "import",
  "package", "int", "long", "boolean", "double", "float", "char", "byte", "short", "null", "true",
  "false", "enum", "abstract", "instanceof", "String", "Integer", "Long", "Boolean", "Object",
  "List", "ArrayList", "Map", "HashMap", "Set", "HashSet", "Optional", "Override", "System",
  "out", "println", "size", "add", "get", "put", "contains", "isEmpty", "equals", "hashCode",
  "toString", "stream", "collect", "Exception", "RuntimeException", "IllegalArgumentException",
  "IllegalStateException"};

}  // namespace

std::span<const string_view> keywords_of(string_view language) noexcept {
  if (language == "python")
    return python;
  if (language == "javascript" || language == "typescript")
    return javascript;
  if (language == "html" || language == "css" || language == "scss" || language == "less")
    return web;
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
