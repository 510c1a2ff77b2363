-- For wrk: each connection pauses after an answer, so that load comes at a rate and not at once.
function delay()
  return math.random(5, 15)
end
