{#- Prices are positive and finite, low and high enclose open and close, volume and dividend are not negative and a
    split is a positive ratio. 1e-9: prices that were multiplied by a split ratio may differ in the last bits. -#}
{% test ohlc_sane(model) %}
select symbol, session, open, high, low, close, volume, dividend, split
from {{ model }}
where not (
  isFinite(open) and isFinite(high) and isFinite(low) and isFinite(close) and isFinite(volume)
  and low > 0
  and low <= least(open, close) * (1 + 1e-9)
  and high >= greatest(open, close) * (1 - 1e-9)
  and volume >= 0 and dividend >= 0 and isFinite(dividend)
  and split > 0 and isFinite(split)
)
{% endtest %}
