ardour {
	["type"]    = "EditorAction",
	name        = "semeq: an EQ to steer",
	license     = "Apache-2.0",
	author      = "semeq",
	description = [[Puts an equalizer that semeq-bridge knows on the selected tracks, where there is none yet.]]
}

function action_params ()
	return { ["track"] = { title = "Name of a track (empty: the selected ones)", default = "" } }
end

function factory (params)
	return function ()
		local known = { "ACE EQ", "x42-eq", "Calf Equalizer 5 Band", "LSP Parametric Equalizer x16" }
		local wanted = (params or {})["track"] or ""

		local function has_one (route)
			local i = 0
			while true do
				local processor = route:nth_plugin (i)
				if processor:isnil () then return false end
				local name = processor:to_insert ():plugin (0):name ()
				for _, head in ipairs (known) do
					if name:sub (1, #head) == head then return true end
				end
				i = i + 1
			end
		end

		local function new_one (route)
			local channels = route:n_inputs ():n_audio () == 1 and "mono" or "stereo"
			for _, uri in ipairs ({ "http://gareus.org/oss/lv2/fil4#" .. channels, "urn:ardour:a-eq" }) do
				local processor = ARDOUR.LuaAPI.new_plugin (Session, uri, ARDOUR.PluginType.LV2, "")
				if not processor:isnil () then return processor end
			end
		end

		local routes = {}
		if wanted ~= "" then
			local route = Session:route_by_name (wanted)
			if not route:isnil () then table.insert (routes, route) end
		elseif Editor then
			for route in Editor:get_selection ().tracks:routelist ():iter () do table.insert (routes, route) end
		end
		if #routes == 0 then print ("semeq: no such track; select one, or give its name") end
		for _, route in ipairs (routes) do
			if has_one (route) then
				print ("semeq: " .. route:name () .. " has an EQ already")
			else
				route:add_processor_by_index (new_one (route), 0, nil, true)
				print ("semeq: " .. route:name () .. " has an EQ now")
			end
			print ("Preferences > Control Surfaces > Open Sound Control, then: semeq-bridge serve --daw \"ardour:" .. route:name () .. "\"")
		end
	end
end
