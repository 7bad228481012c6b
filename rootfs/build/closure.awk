# Paths of the named modules and of what they depend on, softly too. Arguments: modules.builtin modules.dep modules.softdep
# and the names, one a line, last. A name that the kernel does not have is said and fails.
function short(path) { sub(/.*\//, "", path); sub(/\.ko.*/, "", path); gsub(/-/, "_", path); return path }
FILENAME ~ /modules\.builtin$/ { builtin[short($1)] = 1; next }
FILENAME ~ /modules\.dep$/ { file = $1; sub(/:$/, "", file); path[short(file)] = file; for (i = 2; i <= NF; i++) needs[short(file)] = needs[short(file)] " " short($i); next }
FILENAME ~ /modules\.softdep$/ { if ($1 == "softdep") { name = $2; gsub(/-/, "_", name); for (i = 3; i <= NF; i++) if ($i !~ /:$/) { m = $i; gsub(/-/, "_", m); needs[name] = needs[name] " " m } } next }
{ gsub(/-/, "_"); for (i = 1; i <= NF; i++) queue[++last] = $i; named = last }
END {
    while (first < last) {
        name = queue[++first]
        if (first <= named && !(name in path) && !(name in builtin)) {
            print "modules.txt: this kernel has no " name > "/dev/stderr"
            failed = 1
        }
        if (!(name in path) || name in seen) continue
        seen[name] = 1
        print path[name]
        count = split(needs[name], more, " ")
        for (i = 1; i <= count; i++) queue[++last] = more[i]
    }
    exit failed
}
