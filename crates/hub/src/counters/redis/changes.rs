//! Changing, reading and repairing counters in Redis.

use super::{place, trouble};
use crate::counters::change::{Applied, ChangeError, bounds};
use crate::cx::Cx;
use std::collections::BTreeMap;
use syncline_core::counters::change::{Change, MOST, Refusal};
use syncline_store::counters::changes::{Answer, Request};
use syncline_store::counters::definitions::Stored;

/// Carries out a request: `KEYS` is where its answers are kept (or nothing) and a key for every change, `ARGV` its fingerprint, how long
/// answers are kept, and for every change what, by how much, the minimum, the first value, and how long a new key lives. A key that is there
/// keeps the life it has. Numbers stay exact: what would not be is refused.
const APPLY: &str = r"
local kept = KEYS[1]
if kept ~= '' then
  local before = redis.call('GET', kept)
  if before then
    if string.sub(before, 1, #ARGV[1]) ~= ARGV[1] then return {'another'} end
    return {'before', string.sub(before, #ARGV[1] + 1)}
  end
end
local most = 9007199254740991
local answers = {}
for i = 2, #KEYS do
  local at = 3 + (i - 2) * 5
  local op, n, minimum = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local kind = redis.call('TYPE', KEYS[i])['ok']
  local held = nil
  if kind == 'string' then held = redis.call('GET', KEYS[i]) end
  local value = tonumber(ARGV[at + 3])
  if held then
    value = nil
    if string.match(held, '^-?%d+$') then value = tonumber(held) end
  end
  local answer
  if (kind ~= 'string' and kind ~= 'none') or not value or math.abs(value) > most then
    answer = 'nan:0'
  else
    local next = n
    if op == 'increment' then next = value + n elseif op == 'decrement' then next = value - n end
    if math.abs(next) > most then answer = 'overflow:' .. string.format('%.0f', value)
    elseif next < minimum and op ~= 'increment' then answer = 'below:' .. string.format('%.0f', value)
    else
      local text = string.format('%.0f', next)
      if held then redis.call('SET', KEYS[i], text, 'KEEPTTL')
      else redis.call('SET', KEYS[i], text, 'EX', ARGV[at + 4]) end
      answer = 'made:' .. text
    end
  end
  answers[#answers + 1] = answer
end
local all = table.concat(answers, ' ')
if kept ~= '' then redis.call('SET', kept, ARGV[1] .. all, 'EX', ARGV[2]) end
return {'done', all}
";

/// How long the answers to requests with idempotency keys are kept, in seconds, where everything is kept for ever.
const FOREVER: u64 = 10 * 365 * 86_400;

/// Carries out the changes of a request whose counters live in Redis, server by server.
///
/// # Errors
/// [`ChangeError::Redis`], [`ChangeError::AnotherRequest`].
pub(in crate::counters) async fn apply(
    cx: &Cx,
    known: &BTreeMap<&str, &Stored>,
    request: &Request,
) -> Result<Applied, ChangeError> {
    let mut by_server: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, item) in request.items.iter().enumerate() {
        if let Some((server, ..)) = known.get(item.definition_id.as_str()).and_then(|of| place(of)) {
            by_server.entry(server).or_default().push(at);
        }
    }
    let (mut answers, mut before) = (BTreeMap::new(), true);
    for (server, places) in by_server {
        let part = on_server(cx, server, known, request, &places).await?;
        before &= part.before;
        answers.extend(places.into_iter().zip(part.answers));
    }
    Ok(Applied { answers: answers.into_values().collect(), before })
}

async fn on_server(
    cx: &Cx,
    server: &str,
    known: &BTreeMap<&str, &Stored>,
    request: &Request,
    places: &[usize],
) -> Result<Applied, ChangeError> {
    let mut connection = cx.counters.servers.get(&cx.config.counters, server)?;
    let script = ::redis::Script::new(APPLY);
    let mut call = script.prepare_invoke();
    let idempotency = request.idempotency.as_ref();
    call.key(idempotency.map_or(String::new(), |it| it.place(&request.org_id)));
    let kept = cx.config.retention.counters.age().map_or(FOREVER, |age| age.as_secs());
    call.arg(idempotency.map_or(String::new(), |it| it.fingerprint_text())).arg(kept);
    let mut answers: Vec<Option<Answer>> = Vec::with_capacity(places.len());
    let mut minima = Vec::new();
    for at in places {
        let item = &request.items[*at];
        let of = known.get(item.definition_id.as_str());
        let (Some(of), Some((_, key, ttl))) = (of, of.and_then(|of| place(of))) else { continue };
        let change = item.change.clone().and_then(|change| in_range(change).map(|()| change));
        answers.push(change.as_ref().err().cloned().map(Answer::Refused));
        if let Ok(change) = change {
            let bounds = bounds(of);
            call.key(key.of(&item.key)).arg(change.name()).arg(change.amount());
            call.arg(bounds.minimum).arg(bounds.initial()).arg(ttl);
            minima.push(bounds.minimum);
        }
    }
    let told: Vec<String> =
        call.invoke_async(&mut connection).await.map_err(|error| trouble(server, &error))?;
    let (word, texts) = (told.first().map_or("", String::as_str), told.get(1).map_or("", String::as_str));
    if word == "another" {
        return Err(ChangeError::AnotherRequest);
    }
    let mut made = texts.split_whitespace().zip(minima).map(|(text, minimum)| answer_of(text, minimum));
    let odd =
        || ChangeError::Redis { server: server.to_owned(), why: "it answered something odd".to_owned() };
    let answers: Option<Vec<Answer>> =
        answers.into_iter().map(|known| known.or_else(|| made.next().flatten())).collect();
    cx.counters.seen.notify_one();
    Ok(Applied { answers: answers.ok_or_else(odd)?, before: word == "before" })
}

/// What the script may be asked: numbers that are exact there.
fn in_range(change: Change) -> Result<(), Refusal> {
    match change {
        Change::Increment(n) | Change::Decrement(n) if !(1..=MOST).contains(&n) => Err(Refusal::Amount),
        Change::Set(n) if n.unsigned_abs() > MOST.unsigned_abs() => Err(Refusal::Overflow { value: 0 }),
        _ => Ok(()),
    }
}

fn answer_of(text: &str, minimum: i64) -> Option<Answer> {
    let (word, value) = text.split_once(':')?;
    let value: i64 = value.parse().ok()?;
    Some(match word {
        "made" => Answer::Made { value, version: 0 },
        "below" => Answer::Refused(Refusal::BelowMinimum { value, minimum }),
        "overflow" => Answer::Refused(Refusal::Overflow { value }),
        _ => Answer::Refused(Refusal::NotANumber),
    })
}

/// What a Redis key holds.
fn number(held: Option<&str>) -> Option<i64> {
    held.and_then(|text| text.parse().ok()).filter(|value: &i64| value.unsigned_abs() <= MOST.unsigned_abs())
}

/// Reads counters of a definition; none: the key is not there, or holds no whole number.
///
/// # Errors
/// [`ChangeError::Redis`].
pub(in crate::counters) async fn read(
    cx: &Cx,
    of: &Stored,
    keys: &[&str],
) -> Result<Vec<Option<i64>>, ChangeError> {
    let Some((server, template, _)) = place(of) else { return Ok(vec![None; keys.len()]) };
    let mut values = Vec::with_capacity(keys.len());
    let mut connection = cx.counters.servers.get(&cx.config.counters, server)?;
    for piece in keys.chunks(500) {
        let names: Vec<String> = piece.iter().map(|key| template.of(key)).collect();
        let held: Vec<Option<String>> = ::redis::cmd("MGET")
            .arg(&names)
            .query_async(&mut connection)
            .await
            .map_err(|error| trouble(server, &error))?;
        values.extend(held.iter().map(|text| number(text.as_deref())));
    }
    Ok(values)
}

/// Sets keys that still hold what they did when they were read (none: were not there) to what they should be, with the life that keys have
/// which Syncline sets; answers 1 for those, 0 for those that moved, 2 for those that hold no number. `KEYS` are theirs, `ARGV` how long they
/// live and for each what it held and what it should be.
const REPAIR: &str = r"
local done = {}
for i = 1, #KEYS do
  local kind = redis.call('TYPE', KEYS[i])['ok']
  local held = false
  if kind == 'string' then held = redis.call('GET', KEYS[i]) end
  local was = ARGV[i * 2]
  if (kind ~= 'string' and kind ~= 'none') or (held and not string.match(held, '^-?%d+$')) then
    done[i] = 2
  elseif (not held and was == '') or held == was then
    redis.call('SET', KEYS[i], ARGV[i * 2 + 1], 'EX', ARGV[1])
    done[i] = 1
  else
    done[i] = 0
  end
end
return done
";

/// What became of a counter in Redis that was to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::counters) enum Repaired {
    /// It was set.
    Set,
    /// It had moved since it was read.
    Moved,
    /// Its key holds something else, which stays.
    NotANumber,
}

/// Sets counters in Redis that have not moved since they were read; answers what became of each, in their order.
///
/// # Errors
/// [`ChangeError::Redis`].
pub(in crate::counters) async fn repair(
    cx: &Cx,
    of: &Stored,
    wanted: &[(&str, Option<i64>, i64)],
) -> Result<Vec<Repaired>, ChangeError> {
    let Some((server, template, ttl)) = place(of) else { return Ok(vec![Repaired::Moved; wanted.len()]) };
    let mut connection = cx.counters.servers.get(&cx.config.counters, server)?;
    let script = ::redis::Script::new(REPAIR);
    let mut set = Vec::with_capacity(wanted.len());
    for piece in wanted.chunks(500) {
        let mut call = script.prepare_invoke();
        call.arg(ttl);
        for (key, was, to) in piece {
            call.key(template.of(key)).arg(was.map_or(String::new(), |was| was.to_string())).arg(*to);
        }
        let done: Vec<i64> =
            call.invoke_async(&mut connection).await.map_err(|error| trouble(server, &error))?;
        set.extend(done.into_iter().map(|one| match one {
            1 => Repaired::Set,
            2 => Repaired::NotANumber,
            _ => Repaired::Moved,
        }));
    }
    Ok(set)
}
