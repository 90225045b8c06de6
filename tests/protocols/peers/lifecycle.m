-- N devices and one processor share a buffer: a yardstick that every tool explores, not a contract.

const
  N: 3;

type
  device: 1..N;
  standing: enum { detached, attached, to_device, from_device, both_ways };
  quality: enum { clean, stale, dirty };
  use: enum { idle, reading, writing };
  cached: enum { invalid, same, newer, older };

var
  s: array [device] of standing;
  v: array [device] of quality;
  cpu: use;
  line: cached;
  ref: 0..N + 2;
  released: boolean;

function mapped(d: device): boolean;
begin
  return s[d] = to_device | s[d] = from_device | s[d] = both_ways;
end;

function attached_count(): 0..N;
var
  count: 0..N;
begin
  count := 0;
  for d: device do
    if s[d] != detached then
      count := count + 1;
    end;
  end;
  return count;
end;

startstate "one reference"
begin
  for d: device do
    s[d] := detached;
    v[d] := clean;
  end;
  cpu := idle;
  line := invalid;
  ref := 1;
  released := false;
end;

ruleset d: device do

  rule "attach"
    !released & s[d] = detached & 0 < ref & ref < N + 2
  ==>
  begin
    s[d] := attached;
    ref := ref + 1;
  end;

  rule "detach"
    s[d] = attached & ref > 0
  ==>
  begin
    s[d] := detached;
    v[d] := clean;
    ref := ref - 1;
  end;

  rule "map to the device"
    s[d] = attached & cpu = idle
  ==>
  begin
    s[d] := to_device;
    v[d] := clean;
  end;

  rule "map from the device"
    s[d] = attached & cpu = idle
  ==>
  begin
    s[d] := from_device;
    v[d] := clean;
  end;

  rule "map both ways"
    s[d] = attached & cpu = idle
  ==>
  begin
    s[d] := both_ways;
    v[d] := clean;
  end;

  rule "unmap"
    mapped(d)
  ==>
  begin
    if v[d] = dirty then
      for e: device do
        if e != d & mapped(e) then
          v[e] := stale;
        end;
      end;
    end;
    s[d] := attached;
    v[d] := clean;
  end;

  rule "the device writes"
    (s[d] = from_device | s[d] = both_ways) & cpu = idle
  ==>
  begin
    for e: device do
      if e != d & mapped(e) then
        v[e] := stale;
      end;
    end;
    v[d] := dirty;
    if line != invalid then
      line := older;
    end;
  end;

  rule "sync"
    mapped(d) & v[d] = stale
  ==>
  begin
    v[d] := clean;
  end;

end;

rule "begin to read"
  !released & cpu = idle & ref > 0
==>
begin
  cpu := reading;
  line := same;
end;

rule "begin to write"
  !released & cpu = idle & ref > 0
==>
begin
  cpu := writing;
  line := same;
end;

rule "the processor writes"
  cpu = writing
==>
begin
  line := newer;
  for e: device do
    if mapped(e) then
      v[e] := stale;
    end;
  end;
end;

rule "end"
  cpu != idle
==>
begin
  cpu := idle;
  line := invalid;
end;

rule "get"
  !released & 0 < ref & ref < N + 2
==>
begin
  ref := ref + 1;
end;

rule "put"
  ref > attached_count()
==>
begin
  ref := ref - 1;
end;

rule "release"
  ref = 0 & !released & cpu = idle
==>
begin
  released := true;
end;
