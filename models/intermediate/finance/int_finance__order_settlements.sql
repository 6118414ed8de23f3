{{ order_settlements() }}
