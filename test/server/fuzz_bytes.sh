# Functions that change bytes by chance, in the database; sourced.

sql <<'SQL'
CREATE FUNCTION below(bound int) RETURNS int LANGUAGE sql AS $$ SELECT (random() * bound)::int % bound $$;

-- One to three bytes changed, taken out or doubled, or the end cut off.
CREATE FUNCTION changed(original bytea, alphabet text) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
	result bytea := original;
	place int;
BEGIN
	FOR i IN 1 .. 1 + below(3) LOOP
		EXIT WHEN length(result) < 2;
		place := below(length(result));
		CASE below(5)
			WHEN 0 THEN result := set_byte(result, place, below(256));
			WHEN 1 THEN result := set_byte(result, place, ascii(substr(alphabet, 1 + below(length(alphabet)), 1)));
			WHEN 2 THEN result := overlay(result PLACING '\x' FROM place + 1 FOR 1 + below(4));
			WHEN 3 THEN result := overlay(result PLACING substr(result, 1 + below(length(result)), 1 + below(12)) FROM place + 1 FOR 0);
			ELSE result := CASE WHEN below(4) = 0 THEN substr(result, 1, place) ELSE set_byte(result, place, (get_byte(result, place) + 1) % 256) END;
		END CASE;
	END LOOP;
	RETURN result;
END $$;
SQL
